"""Your account: name, address and role, password, API tokens."""

import streamlit as st

from components.account import (
    account_menu,
    api_token_form,
    api_tokens,
    change_password_form,
    require_sign_in,
)
from components.ui import fault_line, focus, messages
from components.ui.i18n import _

st.title(_("Your account"), anchor=False)
person = require_sign_in.require_user()
messages.render_pending()
account_menu.render_person(person)
change_password_form.render()
# In a container, so that the scripts below keep their places while tokens come and go.
with st.container():
    api_tokens.render(person)
fault_line.mount_script(focus.get_move_id(), api_token_form.label_groups())
focus.mount_script()
