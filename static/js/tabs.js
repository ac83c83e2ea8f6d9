// Brings the current tab into sight where a row of tabs is wider than a phone.
export default function tabs(row) {
  const current = row.querySelector("[aria-current]");
  if (current) row.scrollLeft += current.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 3;
}
