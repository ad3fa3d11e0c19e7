// Scroll after a list is rendered: to the top of a new page, to the opened issue, or to the row of the
// issue that was closed.
import { findRow } from "./list_rows.js";

const isPhone = () => matchMedia("(max-width: 640px)").matches;

export const scrollToTop = () => document.querySelector(".stMain")?.scrollTo(0, 0);

// On a phone, the list may still be hidden, so wait up to 3 s until it is visible.
const scrollWhenVisible = (element, block, until = Date.now() + 3000) => {
  if (element?.offsetParent) element.scrollIntoView({ block });
  else if (element?.isConnected && Date.now() < until) {
    requestAnimationFrame(() => scrollWhenVisible(element, block, until));
  }
};

export const scrollAfterRender = ({ data, list, parentElement, state, isFirstRender }) => {
  if (!isFirstRender && state.page !== data.page) {
    scrollWhenVisible(parentElement.querySelector(".bulk-bar") ?? list, "nearest");
  }
  state.page = data.page;
  const previous = state.openIssue;
  state.openIssue = data.open_issue;
  if (previous === data.open_issue) return;
  if (!data.open_issue) {
    scrollWhenVisible(findRow(list, previous), isPhone() ? "center" : "nearest");
    return;
  }
  document.querySelector(".st-key-opened")?.scrollTo(0, 0);
  if (isPhone()) scrollToTop();
  else scrollWhenVisible(findRow(list, data.open_issue), "nearest");
};
