// The button that downloads the receipt. The browser makes the file: no server has it.
export default function ({ data: [data], parentElement }) {
  if (!parentElement.querySelector("button")) {
    const created = document.createElement("button");
    created.type = "button";
    parentElement.append(created);
  }
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  button.onclick = () => saveFile(data.file_name, data.file_text);
}

const saveFile = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
