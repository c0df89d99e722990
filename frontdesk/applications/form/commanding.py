"""A command is obeyed: by its words, or by the classifier's label where the message is no answer."""

from __future__ import annotations

from frontdesk.applications import commands
from frontdesk.applications.form import correcting, interruptions, questions, ways_out
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import HandOver, Interruption


def obey(sheet: Sheet, command: str) -> None:
    """Do what the command says; one that means nothing here asks the question again."""
    match command:
        case "stop":
            ways_out.pause(sheet)
        case "cancel":
            ways_out.offer_cancel(sheet)
        case "keep":
            sheet.prefix.append(sheet.wording.text("not_cancelled"))
            questions.ask_again(sheet)
        case "restart":
            ways_out.offer_restart(sheet)
        case "back":
            ways_out.back(sheet)
        case "skip":
            ways_out.skip(sheet)
        case "help":
            ways_out.help_out(sheet)
        case "explain_why":
            interruptions.explain(sheet)
        case "resume":
            sheet.prefix.append(sheet.wording.text("go_on"))
            questions.ask_again(sheet)
        case "human" | "complaint":
            sheet.replies.append(HandOver("asked" if command == "human" else "complaint"))
        case "status" | "show_my_data":
            ways_out.progress(sheet)
        case "change_answer":
            correcting.change_which(sheet)
        case "delete_my_data":
            sheet.working.pop("pending", None)
            sheet.state = "paused"
            sheet.replies.append(Interruption(("delete_my_data",)))
        case _:
            questions.ask_again(sheet)


def obey_label(sheet: Sheet, label: str) -> bool:
    """A pressed button that names an intent; always True, the button is dealt with."""
    command = {"affirm": "resume", **commands.LABELS}.get(label)
    if command is None:
        sheet.replies.append(Interruption((label,)))
        questions.ask_again(sheet)
        return True
    obey(sheet, command)
    return True


def obey_classifier(sheet: Sheet) -> bool:
    """A command by the classifier's label, where the message is no answer."""
    command = commands.labelled(sheet.understanding)
    if command is None:
        return False
    obey(sheet, command)
    return True
