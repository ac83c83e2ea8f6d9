// Opens a question in place: <a href="/the/full/page" data-dialog="id">. Without scripts the link leads to that page.
export default function dialogs(opener) {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog?.showModal) return;
  opener.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    dialog.showModal();
  });
  dialog.querySelectorAll("[data-close]").forEach((button) =>
    button.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    }),
  );
}
