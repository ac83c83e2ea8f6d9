// Sends a form once, however often its button is pressed. The server guards itself; this only keeps people calm.
export default function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") {
      event.preventDefault();
    } else if (!event.defaultPrevented) {
      form.ariaBusy = "true";
    }
  });
  // Coming back with the back button finds the page as it was left: ready to be sent again.
  window.addEventListener("pageshow", () => form.removeAttribute("aria-busy"));
}
