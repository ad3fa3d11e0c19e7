// The numbers of a chart as a table.

export const renderTable = ({ rows, description, labelHeading, countHeading, ticks }) => {
  const table = document.createElement("table");
  table.setAttribute("aria-label", description);
  const head = table.createTHead().insertRow();
  head.append(makeHeading("col", labelHeading), makeHeading("col", countHeading));
  const body = table.createTBody();
  // Of days, the newest first, without those that have no issues.
  const listed = ticks.length ? rows.filter(({ url }) => url).reverse() : rows;
  for (const { cell, count, url } of listed) {
    const row = body.insertRow();
    const name = document.createElement(url ? "a" : "bdi");
    if (url) name.href = url;
    name.dir = "auto";
    name.textContent = cell;
    const heading = makeHeading("row");
    heading.append(name);
    row.append(heading);
    row.insertCell().textContent = count;
  }
  const frame = document.createElement("div");
  frame.className = "table";
  frame.append(table);
  return frame;
};

const makeHeading = (scope, text = "") => {
  const heading = document.createElement("th");
  heading.scope = scope;
  heading.textContent = text;
  return heading;
};
