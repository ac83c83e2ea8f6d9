// Adds up the ticked boxes of a form: <form data-sum id="pay"> with [data-sum-count] and [data-sum-amount] inside,
// <input type="checkbox" form="pay" data-amount="9680" data-currency="eur" data-digits="2">.
export default function sum(form) {
  const boxes = [...form.elements].filter((box) => box.type === "checkbox" && box.dataset.amount);
  const count = form.querySelector("[data-sum-count]");
  const amount = form.querySelector("[data-sum-amount]");
  const go = form.querySelector("[data-sum-go]");

  function show() {
    const ticked = boxes.filter((box) => box.checked);
    const totals = new Map();
    for (const { dataset } of ticked) {
      const total = totals.get(dataset.currency) ?? { minor: 0, digits: Number(dataset.digits) };
      total.minor += Number(dataset.amount);
      totals.set(dataset.currency, total);
    }
    if (count) count.textContent = ticked.length;
    if (amount) {
      amount.textContent = [...totals].map(([currency, total]) => print(total, currency)).join(" + ");
    }
    if (go) go.disabled = ticked.length === 0;
  }

  boxes.forEach((box) => box.addEventListener("change", show));
  window.addEventListener("pageshow", show);
  show();
}

function print({ minor, digits }, currency) {
  const options = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang, options).format(minor / 10 ** digits);
}
