"""What was looked up ahead is used as long as it holds, and never longer."""

from __future__ import annotations

from hypothesis import given, strategies as st

from carpel.domain.contacts.model import IdentifierKind, Row
from carpel.domain.contacts.session import Touched
from carpel.domain.ingest.ahead import Ahead, Lately, Owners
from support.oracle_drawing import examples

HERE, ELSEWHERE = 1, 2  # workspaces
NAME, EMAIL = IdentifierKind.EXTERNAL_ID, IdentifierKind.EMAIL
ANN, BOB = 1, 2  # contacts


def row(no: int, at: int) -> Row:
    """A contact's row as it was at some record."""
    return Row(bytes([no]), 0, at, {NAME: f"c{no}"}, {}, [])


def looked_up(applied: int) -> Ahead:
    """Two contacts and all that identifies them, and a name that nobody has."""
    owners: Owners = {NAME: {"ann": [ANN], "bob": [BOB], "eve": []}, EMAIL: {"a@x.org": [ANN, BOB]}}
    return Ahead(applied, owners, {ANN: row(ANN, applied), BOB: row(BOB, applied)})


def given_out(lately: Lately, ahead: Ahead, workspace: int = HERE) -> set[Touched]:
    """Which identifiers and rows are taken over, each as it was looked up."""
    owners, rows = lately.still(workspace, ahead)
    assert all(ahead.owners[kind][value] == found[value] for kind, found in owners.items()
               for value in found)  # fmt: skip
    assert all(ahead.rows[no] == found for no, found in rows.items())
    identifiers = {(workspace, kind, value) for kind, found in owners.items() for value in found}
    return identifiers | {(workspace, no) for no in rows}


def all_of(ahead: Ahead, workspace: int = HERE) -> set[Touched]:
    owners = {(workspace, kind, value) for kind, found in ahead.owners.items() for value in found}
    return owners | {(workspace, no) for no in ahead.rows}


def test_what_nobody_changed_is_taken_over() -> None:
    lately, ahead = Lately(5), looked_up(5)
    assert lately.still(HERE, ahead) == (ahead.owners, ahead.rows)
    lately.note(6, [])
    lately.note(7, [(HERE, 3), (HERE, NAME, "carl"), (HERE, EMAIL, "ann")])
    assert lately.still(HERE, ahead) == (ahead.owners, ahead.rows)


def test_what_was_changed_since_is_not() -> None:
    lately, ahead = Lately(5), looked_up(6)
    everything = all_of(ahead)
    lately.note(7, [(HERE, ANN)])
    assert given_out(lately, ahead) == everything - {(HERE, ANN)}
    lately.note(8, [(HERE, NAME, "eve"), (HERE, EMAIL, "a@x.org")])
    changed = {(HERE, ANN), (HERE, NAME, "eve"), (HERE, EMAIL, "a@x.org")}
    assert given_out(lately, ahead) == everything - changed


def test_what_was_changed_until_then_is() -> None:
    lately = Lately(5)
    lately.note(8, all_of(looked_up(8)))  # a batch of several records
    for applied, expected in ((5, set()), (8, all_of(looked_up(8))), (9, all_of(looked_up(9)))):
        assert given_out(lately, looked_up(applied)) == expected
    lately.note(9, [(HERE, ANN)])
    lately.note(10, [(HERE, BOB)])
    assert given_out(lately, looked_up(8)) == all_of(looked_up(8)) - {(HERE, ANN), (HERE, BOB)}
    assert given_out(lately, looked_up(9)) == all_of(looked_up(9)) - {(HERE, BOB)}


def test_the_last_change_counts() -> None:
    lately = Lately(0)
    for seq in (1, 2, 3):
        lately.note(seq, [(HERE, ANN)])
    assert (HERE, ANN) not in given_out(lately, looked_up(2))
    assert (HERE, ANN) in given_out(lately, looked_up(3))


def test_changes_of_another_workspace_do_not_matter() -> None:
    lately, ahead = Lately(0), looked_up(0)
    lately.note(1, all_of(ahead, ELSEWHERE))
    assert given_out(lately, ahead) == all_of(ahead)
    assert given_out(lately, ahead, ELSEWHERE) == set()


def test_what_was_looked_up_before_what_is_forgotten_is_not_used() -> None:
    lately = Lately(0, remembered=3)
    lately.note(1, [(HERE, 11)])
    lately.note(2, [(HERE, 12), (HERE, 13)])
    assert given_out(lately, looked_up(0)) == all_of(looked_up(0))
    lately.note(3, [(HERE, 14)])  # one too many: the first batch is forgotten
    assert given_out(lately, looked_up(0)) == set()
    for applied in (1, 2, 3):
        assert given_out(lately, looked_up(applied)) == all_of(looked_up(applied))


def test_what_is_looked_up_after_forgetting_is_used() -> None:
    lately = Lately(0, remembered=3)
    lately.note(1, [(HERE, no) for no in range(11, 30)])  # more than is remembered, at once
    assert given_out(lately, looked_up(0)) == set()
    assert given_out(lately, looked_up(1)) == all_of(looked_up(1))
    lately.note(2, [(HERE, ANN)])
    assert given_out(lately, looked_up(1)) == all_of(looked_up(1)) - {(HERE, ANN)}
    assert given_out(lately, looked_up(2)) == all_of(looked_up(2))


def test_before_the_beginning_nothing_is_known() -> None:
    assert given_out(Lately(5), looked_up(4)) == set()


touches = st.one_of(
    st.tuples(st.sampled_from([HERE, ELSEWHERE]), st.integers(1, 4)),
    st.tuples(
        st.sampled_from([HERE, ELSEWHERE]), st.sampled_from([NAME, EMAIL]), st.sampled_from("abc")
    ),
)
batches = st.lists(
    st.tuples(st.integers(1, 3), st.lists(touches, max_size=5)), min_size=1, max_size=10
)


@examples(200)
@given(batches, st.integers(1, 12), st.integers(0, 100))
def test_only_what_nobody_changed_since_is_taken_over(
    steps: list[tuple[int, list[Touched]]], remembered: int, start: int
) -> None:
    """Held against a list of all batches, after each of them, for whatever was looked up before."""
    lately = Lately(start, remembered)
    done: list[tuple[int, list[Touched]]] = []
    seq, many = start, 0
    for records, touched in steps:
        seq, many = seq + records, many + len(touched)
        lately.note(seq, touched)
        done.append((seq, touched))
        for then in (start, *(at for at, _ in done)):
            since = {one for at, some in done if at > then for one in some}
            for workspace in (HERE, ELSEWHERE):
                ahead = everything(then)
                found = given_out(lately, ahead, workspace)
                assert found <= all_of(ahead, workspace) - since
                if many <= remembered or then == seq:
                    assert found == all_of(ahead, workspace) - since


def everything(applied: int) -> Ahead:
    owners: Owners = {kind: {value: [1, 2] for value in "abc"} for kind in (NAME, EMAIL)}
    return Ahead(applied, owners, {no: row(no, applied) for no in range(1, 5)})
