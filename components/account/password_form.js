// Put the focus into the first field of the sign-in form, unless the person has begun to type.
export default function () {
  const field = document.querySelector(".st-key-sign_in_name input");
  if (!document.activeElement?.matches("input, textarea")) field?.focus({ preventScroll: true });
}
