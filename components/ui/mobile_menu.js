// Close the menu when a page is chosen, where the menu covers the page.
let listening = false;

export default function () {
  if (listening) return;
  listening = true;
  document.addEventListener("click", ({ target }) => {
    const chosen = target.closest?.('[data-testid="stSidebarNavLink"]');
    if (!chosen || !matchMedia("(max-width: 768px)").matches) return;
    // After the link has opened the page.
    setTimeout(() =>
      document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(),
    );
  });
}
