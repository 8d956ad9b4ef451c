#pragma once

/// Opens libedit and takes the terminal over; `handler` gets each line (free(3) it) or NULL for the end of input.
/// 0: done; -1: there is no libedit.
int cellbridge_edit_open(const char *name, const char *prompt, void (*handler)(char *line));
/// A key came: reads it.
void cellbridge_edit_read(void);
/// Adds a line to the history.
void cellbridge_edit_remember(const char *line);
/// Clears what stands on the input line's rows, so that something else can be printed.
void cellbridge_edit_hide(void);
/// Draws prompt and input line again.
void cellbridge_edit_show(void);
/// Throws the input line away and draws the prompt.
void cellbridge_edit_discard(void);
/// Gives the terminal back.
void cellbridge_edit_close(void);
