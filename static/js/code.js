// Takes a sign-in code as people paste it, with spaces, dashes or words around, and keeps its digits.
export default function code(input) {
  const length = Number(input.dataset.code) || 6;
  input.addEventListener("paste", (event) => {
    const digits = event.clipboardData?.getData("text").match(/\d/g)?.join("") ?? "";
    if (digits.length === length) {
      event.preventDefault();
      input.value = digits;
    }
  });
}
