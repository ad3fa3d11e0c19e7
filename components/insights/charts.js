// A chart of counts with its heading, and a button that shows a table instead. Bars and rows are links.
import { renderBars } from "./bar_chart.js";
import { renderTable } from "./chart_table.js";
import { renderColumns } from "./column_chart.js";

// Keys of the charts that show their table. They remain when Streamlit replaces the elements.
const tables = new Set();

export default function ({ data: [data], parentElement }) {
  const chart = document.createElement("section");
  const toggle = () => {
    if (!tables.delete(data.key)) tables.add(data.key);
    render({ data, chart });
    chart.querySelector("button").focus();
  };
  chart.onclick = (event) => {
    if (event.target.closest("button")) toggle();
    const link = event.target.closest("a");
    if (link) openInThisTab(event, link);
  };
  render({ data, chart });
  parentElement.querySelector("section")?.remove();
  parentElement.append(chart);
  parentElement.getRootNode().host.dataset.drawn = "";
}

const render = ({ data, chart }) => {
  const isTable = tables.has(data.key);
  const header = document.createElement("header");
  const heading = document.createElement("h2");
  heading.textContent = data.title;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = isTable ? data.showChart : data.showTable;
  button.setAttribute("aria-label", isTable ? data.showChartLabel : data.showTableLabel);
  header.append(heading, button);
  const note = document.createElement("p");
  note.textContent = data.note;
  note.hidden = !data.note;
  const renderBody = isTable ? renderTable : data.ticks.length ? renderColumns : renderBars;
  chart.replaceChildren(header, renderBody(data), note);
};

// Streamlit (1.67) has no call to open a page with query parameters that leaves the address of this page
// as it is, so do what the browser's Forward button does.
const openInThisTab = (event, link) => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  dispatchEvent(new PopStateEvent("popstate"));
};
