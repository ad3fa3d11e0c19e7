// Create an element; class and text are optional. The text is never parsed as HTML.
export const createElement = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
};

export const createButton = (className, text, onClick) => {
  const button = createElement("button", className, text);
  button.type = "button";
  button.onclick = onClick;
  return button;
};

export const createCheckbox = (label) => {
  const checkbox = createElement("input");
  checkbox.type = "checkbox";
  checkbox.setAttribute("aria-label", label);
  return checkbox;
};
