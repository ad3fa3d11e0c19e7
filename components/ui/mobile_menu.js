// Closes the menu once a page was chosen in it, where it lies over the page.
let listening = false;

export default function () {
  if (listening) return;
  listening = true;
  document.addEventListener("click", ({ target }) => {
    const chosen = target.closest?.('[data-testid="stSidebarNavLink"]');
    if (!chosen || !matchMedia("(max-width: 768px)").matches) return;
    // The page is asked for first.
    setTimeout(() =>
      document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(),
    );
  });
}
