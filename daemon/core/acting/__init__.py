"""What an agent's commands come to: events, deeds, and what an undo needs; or why a line cannot be carried out.

Rules:
- All or nothing: one line that names nothing, and nothing of the mail is done.
- What is as it should be already changes nothing, and is understood all the same.
- A new status goes along with public words: it becomes true when they are released, or at once where there are none.
- What a command names is looked up in ``Facts.office``; nothing here reads rows.
"""
