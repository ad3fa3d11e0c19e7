// The letters in an empty date field, in the language of the page: see streamlit.css.
export default function ({ data: [data] }) {
  for (const [part, letters] of Object.entries(data))
    document.documentElement.style.setProperty(`--${part}-letters`, JSON.stringify(letters));
}
