// On small screens, where the menu covers the page: name its buttons in the person's language, and close it
// when a person selects a page.
let labels;

const nameButtons = () => {
  document
    .querySelector('[data-testid="stExpandSidebarButton"]')
    ?.setAttribute("aria-label", labels.open);
  document
    .querySelector('[data-testid="stSidebarCollapseButton"] button')
    ?.setAttribute("aria-label", labels.close);
};

export default function ({ data: [data] }) {
  const isListening = Boolean(labels);
  labels = data;
  nameButtons();
  if (isListening) return;
  // Streamlit replaces the buttons when the window becomes narrow, and when the menu opens or closes.
  window.addEventListener("resize", () => setTimeout(nameButtons));
  document.addEventListener("click", ({ target }) => {
    setTimeout(nameButtons);
    const link = target.closest?.('[data-testid="stSidebarNavLink"]');
    if (!link || !matchMedia("(max-width: 768px)").matches) return;
    // Close the menu only after the link has opened the page.
    setTimeout(() =>
      document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(),
    );
  });
}
