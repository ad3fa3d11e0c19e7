// A button that copies a text.
const SHOWN_MS = 2000;

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyTheOlderWay(text);
  }
};

// Without HTTPS, or in a frame that may not use the clipboard.
const copyTheOlderWay = (text) => {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error("not copied");
};

export default function ({ data: [data], parentElement }) {
  const existing = parentElement.querySelector("button");
  const button = existing ?? document.createElement("button");
  if (!existing) {
    button.type = "button";
    button.setAttribute("aria-live", "polite");
    parentElement.append(button);
  }
  const show = (text) => {
    button.textContent = text;
  };
  show(data.label);
  button.classList.toggle("bordered", data.has_border);
  button.onclick = async () => {
    try {
      await copy(data.text);
      show(data.copied);
    } catch {
      show(data.failed);
    }
    setTimeout(() => show(data.label), SHOWN_MS);
  };
}
