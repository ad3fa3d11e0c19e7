// Store in the draft whether the report is anonymous. In a new session, send the stored choice to the portal.
import { Draft } from "./draft_store.js";

export default function ({ data: [data], setStateValue }) {
  const draft = new Draft(data.name, data.owner);
  const stored = draft.choices[data.key];
  if (data.chosen === null) {
    if (stored !== undefined) setStateValue("anonymous", stored);
  } else if (stored !== data.chosen) {
    draft.updateChoice(data.key, data.chosen);
  }
}
