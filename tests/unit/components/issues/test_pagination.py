from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.issues import issue_list, pagination  # noqa: PLC0415
    from components.ui import query_params  # noqa: PLC0415

    if not st.session_state.get("is_fragment_run"):
        query_params.write_url()
    pagination.render_pagination(40)
    st.text(f"page {pagination.get_page_number()}, issue {issue_list.get_open_issue_id()}")


def open_url(app: AppTest, **parameters: str) -> None:
    app.query_params.clear()
    app.query_params.update(parameters)
    app.run()


def test_turning_the_page_closes_the_issue():
    app = AppTest.from_function(page)
    open_url(app, issue="issue_1")
    assert app.text[0].value == "page 1, issue issue_1"
    app.pagination[0].set_value(2).run()
    assert app.text[0].value == "page 2, issue None"


def test_page_control_of_a_page_that_was_left_does_not_turn_the_page():
    """Regression: the browser still sent the control of page 2 after a shortcut led to page 1."""
    app = AppTest.from_function(page)
    open_url(app, page="2")
    control_of_page_2 = app._tree.get_widget_states()
    open_url(app, issue="issue_1")
    app._run(control_of_page_2)
    assert app.text[0].value == "page 1, issue issue_1"


def test_back_works_although_the_browser_sent_the_chosen_page_twice():
    """Regression: a check for changes repeated the choice, and the page after Back was page 2."""
    app = AppTest.from_function(page)
    open_url(app)
    app.pagination[0].set_value(2)
    choice_of_page_2 = app._tree.get_widget_states()
    app._run(choice_of_page_2)
    app.session_state["is_fragment_run"] = True
    app._run(choice_of_page_2)
    app.session_state["is_fragment_run"] = False
    open_url(app)
    assert app.text[0].value == "page 1, issue None"
