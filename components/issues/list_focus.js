// Keep the keyboard focus when the rows of a list are replaced.
import { findCheckbox, findRow, lastFocus } from "./list_rows.js";

// Remember the focus before the rows are replaced; return a function that restores it.
export const rememberFocus = ({ data, list, root, state, commandQueue }) => {
  const focused = root.activeElement?.dataset;
  lastFocus.issue = focused?.issue ?? lastFocus.issue;
  const ids = data.rows.map(({ id }) => id);
  if (state.rowIds) {
    const openIssueChanged = state.openIssue !== data.open_issue;
    if (openIssueChanged && data.open_issue && commandQueue.isEmpty) {
      lastFocus.issue = data.open_issue;
    }
    lastFocus.issue = chooseRemainingId(state.rowIds, ids, lastFocus.issue);
  }
  state.rowIds = ids;
  return () => {
    if (document.activeElement !== document.body) return;
    const target = findCheckbox(list, focused?.checkboxFor) ?? findRow(list, lastFocus.issue);
    target?.focus({ preventScroll: true });
  };
};

// Return `id`. If its row was removed, return the id of the next remaining row instead, or else of the
// previous remaining row.
const chooseRemainingId = (oldIds, newIds, id) => {
  const index = newIds.includes(id) ? -1 : oldIds.indexOf(id);
  if (index < 0) return id;
  const remains = (other) => newIds.includes(other);
  return oldIds.slice(index).find(remains) ?? oldIds.slice(0, index).findLast(remains);
};
