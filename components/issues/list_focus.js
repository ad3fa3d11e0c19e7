// Keep the keyboard focus when Streamlit replaces the rows of a list.
import { findCheckbox, findRow, lastFocus } from "./list_rows.js";

// Remember the focus before the rows are replaced; return a function that restores it.
export const rememberFocus = ({ data, list, root, state, requests }) => {
  const focused = root.activeElement?.dataset;
  lastFocus.issue = focused?.issue ?? lastFocus.issue;
  const ids = data.rows.map(({ id }) => id);
  if (state.rows) {
    const moved = state.selected !== data.selected;
    if (moved && data.selected && requests.isEmpty) lastFocus.issue = data.selected;
    lastFocus.issue = stayingNeighbour(state.rows, ids, lastFocus.issue);
  }
  state.rows = ids;
  return () => {
    if (document.activeElement !== document.body) return;
    const target = findCheckbox(list, focused?.pick) ?? findRow(list, lastFocus.issue);
    target?.focus({ preventScroll: true });
  };
};

// Id of the neighbour of a removed row; the row's own id if it stays or never was in the list.
const stayingNeighbour = (oldIds, newIds, id) => {
  const index = newIds.includes(id) ? -1 : oldIds.indexOf(id);
  if (index < 0) return id;
  const stays = (other) => newIds.includes(other);
  return oldIds.slice(index).find(stays) ?? oldIds.slice(0, index).findLast(stays);
};
