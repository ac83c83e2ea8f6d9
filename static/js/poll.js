// Watches for a change of state, e.g. of a pending payment, and then loads the page anew.
// <main data-poll data-state="processing">: asks for this same page and compares data-state.
const FIRST = 2_000;
const LONGEST = 15_000;
const GIVE_UP = 600_000;

export default function poll(element) {
  const address = element.dataset.poll || location.href;
  const started = Date.now();
  let wait = FIRST;

  async function ask() {
    if (!document.hidden) {
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" });
        const state = (await answer.text()).match(/data-state="([^"]*)"/)?.[1];
        if (answer.redirected || (answer.ok && state !== element.dataset.state)) {
          location.reload();
          return;
        }
      } catch {
        // Offline for a moment: the next turn asks again.
      }
      wait = Math.min(wait * 1.4, LONGEST);
    }
    if (Date.now() - started < GIVE_UP) setTimeout(ask, wait);
  }

  setTimeout(ask, wait);
}
