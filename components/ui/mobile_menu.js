// On small screens, where the menu covers the page, close the menu when a person selects a page.
let listening = false;

export default function () {
  if (listening) return;
  listening = true;
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.('[data-testid="stSidebarNavLink"]');
    if (!link || !matchMedia("(max-width: 768px)").matches) return;
    // Close the menu only after the link has opened the page.
    setTimeout(() =>
      document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(),
    );
  });
}
