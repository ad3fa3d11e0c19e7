// Horizontal bars, each with its label and count. Where there are no issues to open, there is only the count.

export const renderBars = ({ rows, description }) => {
  const list = document.createElement("ol");
  list.className = "bars";
  list.setAttribute("aria-label", description);
  list.style.setProperty("--count-width", Math.max(...rows.map(({ count }) => count.length)));
  list.append(...rows.map(renderBar));
  return list;
};

const renderBar = ({ label, count, share, colour, url }) => {
  const item = document.createElement("li");
  const bar = document.createElement(url ? "a" : "div");
  if (url) bar.href = url;
  const name = document.createElement("bdi");
  name.textContent = label;
  const track = document.createElement("span");
  if (url) {
    const fill = document.createElement("i");
    fill.style.setProperty("--share", share);
    if (colour) fill.dataset.colour = colour;
    track.append(fill);
  }
  const value = document.createElement("b");
  value.textContent = count;
  track.append(value);
  bar.append(name, " ", track);
  item.append(bar);
  return item;
};
