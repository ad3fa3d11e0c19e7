// Ages for lists, in the person's language: "now", "5m", "2h", "3d", then the date.
const UNITS = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86_400],
];
const DAYS_UNTIL_DATE = 7;

// `created` is in seconds since 1970, or null.
export const formatAge = (created, locale, now = Date.now() / 1000) => {
  if (created === null) return "";
  const seconds = Math.max(0, now - created);
  if (seconds < 60)
    return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "second");
  if (seconds >= DAYS_UNTIL_DATE * 86_400) return formatDay(new Date(created * 1000), locale);
  const [unit, size] = UNITS.findLast(([, least]) => seconds >= least);
  const format = { style: "unit", unit, unitDisplay: "narrow" };
  return new Intl.NumberFormat(locale, format).format(Math.floor(seconds / size));
};

const formatDay = (date, locale) => {
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  const format = { day: "numeric", month: "short", ...(!isThisYear && { year: "numeric" }) };
  return date.toLocaleDateString(locale, format);
};
