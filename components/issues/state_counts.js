// The number of issues on each tab of the queue, and of new ones in the menu: see review.css and frame.css.
import { showNewCount } from "./review_badge.js";

const TABS = {
  open: ["NotReviewed", "InReview"],
  new: ["NotReviewed"],
  in_review: ["InReview"],
  closed: ["Closed"],
};

let counts; // By state, or undefined.
let locale;

const show = () => {
  const { style } = document.documentElement;
  for (const [tab, states] of Object.entries(TABS)) {
    const count = counts && states.reduce((sum, state) => sum + counts[state], 0);
    const text = count === undefined ? "" : count.toLocaleString(locale);
    style.setProperty(`--count-${tab}`, JSON.stringify(text));
  }
};

// Sent by the list for an act of the person: count the issue in its new state before the server does.
window.addEventListener("issue-portal-move", ({ detail: { from, to } }) => {
  if (!counts) return;
  if (from in counts) counts[from] = Math.max(0, counts[from] - 1);
  if (to in counts) counts[to] += 1;
  show();
});

export default function ({ data: [data] }) {
  counts = data.counts ?? undefined;
  locale = data.locale;
  show();
  if (data.new_count !== null) showNewCount(data.new_count);
}
