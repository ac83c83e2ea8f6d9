// Warns two minutes before a session ends (WCAG 2.2.1); the link inside loads the page anew, which extends it.
const BEFORE = 120;

export default function expiry(notice) {
  const loaded = Date.now();
  const ends = Number(notice.dataset.expiresIn);

  function look() {
    const left = ends - (Date.now() - loaded) / 1000;
    notice.hidden = left > BEFORE;
    if (notice.hidden) setTimeout(look, Math.min(left - BEFORE, 60) * 1000 + 500);
  }

  look();
}
