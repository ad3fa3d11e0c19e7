// Columns of days or months, oldest first. Tab reaches one column, the arrow keys reach the others.

const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const MOST_LABELS = 5;

export const renderColumns = ({ rows, description, ticks }) => {
  const chart = document.createElement("div");
  chart.className = "columns";
  const longest = Math.max(...ticks.map(({ text }) => text.length));
  chart.style.setProperty("--tick-width", `${longest + 1}ch`);
  const plot = document.createElement("div");
  plot.className = "plot";
  plot.append(...ticks.map(renderTick), renderList(rows, description), renderTooltip());
  chart.append(plot, renderAxis(rows));
  return chart;
};

const renderTick = ({ text, share }) => {
  const tick = document.createElement("span");
  tick.className = "tick";
  tick.style.setProperty("--share", share);
  tick.ariaHidden = true;
  const label = document.createElement("span");
  label.textContent = text;
  tick.append(label);
  return tick;
};

const renderList = (rows, description) => {
  const list = document.createElement("ol");
  list.setAttribute("aria-label", description);
  list.append(...rows.map(renderColumn));
  const links = [...list.querySelectorAll("a")];
  const newest = links.at(-1);
  if (newest) newest.tabIndex = 0;
  list.onkeydown = (event) => moveFocus(event, links);
  list.onpointerover = list.onfocusin = (event) => showTooltip(event.target.closest("li"));
  list.onpointerleave = list.onfocusout = () => showTooltip(null, list);
  return list;
};

const renderColumn = ({ tooltip, share, url }) => {
  const item = document.createElement("li");
  item.dataset.tooltip = tooltip;
  const column = document.createElement(url ? "a" : "div");
  if (url) {
    column.href = url;
    column.tabIndex = -1;
    column.setAttribute("aria-label", tooltip);
  }
  const fill = document.createElement("i");
  fill.style.setProperty("--share", share);
  column.append(fill);
  item.append(column);
  return item;
};

const moveFocus = (event, links) => {
  if (!(event.key in MOVES) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const focused = links.indexOf(event.target);
  const isRightToLeft = getComputedStyle(event.target).direction === "rtl";
  const step = MOVES[event.key] * (isRightToLeft && event.key.startsWith("Arrow") ? -1 : 1);
  const next = links[Math.min(Math.max(focused + step, 0), links.length - 1)];
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
};

const renderTooltip = () => {
  const tooltip = document.createElement("div");
  tooltip.className = "tooltip";
  tooltip.ariaHidden = true;
  tooltip.hidden = true;
  return tooltip;
};

// Show the tooltip of a column above it, or hide the tooltip.
const showTooltip = (item, list = item?.parentElement) => {
  const tooltip = list?.parentElement.querySelector(".tooltip");
  if (!tooltip) return;
  tooltip.hidden = !item;
  if (!item) return;
  tooltip.textContent = item.dataset.tooltip;
  const centre = list.offsetLeft + item.offsetLeft + item.offsetWidth / 2;
  const half = tooltip.offsetWidth / 2;
  const rightmost = Math.max(half, list.parentElement.offsetWidth - half);
  tooltip.style.left = `${Math.min(Math.max(centre, half), rightmost)}px`;
};

// Label the first, the last and a few columns between them.
const renderAxis = (rows) => {
  const axis = document.createElement("div");
  axis.className = "axis";
  axis.ariaHidden = true;
  const last = rows.length - 1;
  const steps = Math.min(MOST_LABELS - 1, last);
  for (let step = 0; step <= steps; step += 1) {
    const index = steps ? Math.round((step * last) / steps) : 0;
    const label = document.createElement("span");
    label.textContent = rows[index].label;
    label.style.setProperty("--place", (index + 0.5) / rows.length);
    axis.append(label);
  }
  return axis;
};
