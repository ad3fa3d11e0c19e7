// Buttons to choose a theme. A choice reloads the page; what the person has typed stays in its draft.
const readTheme = (key) => {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // The browser blocks the storage: the page follows the system.
  }
};

const chooseTheme = (key, name) => {
  try {
    if (name) localStorage.setItem(key, name);
    else localStorage.removeItem(key);
  } catch {
    return;
  }
  location.reload();
};

export default function ({ data: [data], parentElement }) {
  const current = readTheme(data.storage_key);
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", data.label);
  for (const { name, label } of data.themes) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-pressed", String(name === current));
    button.onclick = () => chooseTheme(data.storage_key, name);
    group.append(button);
  }
  parentElement.querySelector("[role=group]")?.remove();
  parentElement.append(group);
}
