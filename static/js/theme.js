// Lets people choose light or dark; the server reads the cookie, so that the next page does not flash.
const YEAR = 31_536_000;

export default function theme(select) {
  const root = document.documentElement;
  select.closest("[hidden]").hidden = false;
  select.value = root.dataset.theme ?? "";
  select.addEventListener("change", () => {
    const chosen = select.value;
    const age = chosen ? YEAR : 0;
    if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    document.cookie = `theme=${chosen}; path=/; max-age=${age}; samesite=lax`;
  });
}
