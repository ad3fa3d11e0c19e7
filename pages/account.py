"""Your account: name, address and role, password, API tokens."""

import streamlit as st

from components.account import account_menu, api_tokens, change_password_form, require_sign_in
from components.ui import messages
from components.ui.i18n import _

st.title(_("Your account"), anchor=False)
person = require_sign_in.require_user()
messages.render_pending()
account_menu.render_person(person)
change_password_form.render()
api_tokens.render(person)
