// The buttons that copy and download the receipt. The browser makes the file: no server has it.
const addButtons = (parentElement) => {
  const row = document.createElement("div");
  row.className = "row";
  for (const button of [document.createElement("button"), document.createElement("button")]) {
    button.type = "button";
    row.append(button);
  }
  parentElement.append(row);
};

export default function ({ data, parentElement }) {
  if (!parentElement.querySelector(".row")) addButtons(parentElement);
  const [copy, download] = parentElement.querySelectorAll("button");
  copy.textContent = data.copy;
  copy.onclick = async () => {
    await copyText(data.digits);
    copy.textContent = data.copied;
    setTimeout(() => {
      copy.textContent = data.copy;
    }, 2000);
  };
  download.textContent = data.download;
  download.onclick = () => saveFile(data.file_name, data.file_text);
}

const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without HTTPS, or in a frame that may not use the clipboard.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
};

const saveFile = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
