// Copies a text: <button type="button" data-copy="…" data-copied="Copied" hidden>. Shown only where copying works.
export default function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const status = document.createElement("span");
    status.role = "status";
    status.className = "small muted";
    button.after(status);
    status.textContent = button.dataset.copied;
    setTimeout(() => status.remove(), 3_000);
  });
}
