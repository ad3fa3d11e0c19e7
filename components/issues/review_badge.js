// Shows the number of new issues beside "Review" in the menu: see frame.css.
export const showNewCount = (count) => {
  const { style } = document.documentElement;
  if (count) style.setProperty("--new-issues", JSON.stringify(count));
  else style.removeProperty("--new-issues");
};

export default function ({ data: [data] }) {
  showNewCount(data.count);
}
