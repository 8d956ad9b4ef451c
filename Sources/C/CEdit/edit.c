// libedit (BSD licence) by its readline interface, found at run time.
#include "CEdit.h"

#include <dlfcn.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <editline/readline.h>

static struct {
    void *handle;
    __typeof__(rl_callback_handler_install) *install;
    __typeof__(rl_callback_handler_remove) *remove;
    __typeof__(rl_callback_read_char) *read;
    __typeof__(rl_forced_update_display) *update;
    __typeof__(rl_initialize) *initialize;
    __typeof__(using_history) *history;
    __typeof__(stifle_history) *stifle;
    __typeof__(add_history) *add;
    __typeof__(&rl_point) point;
    __typeof__(&rl_end) end;
    __typeof__(&rl_readline_name) name;
    __typeof__(&rl_catch_signals) signals;
    __typeof__(&rl_inhibit_completion) inhibit;
    __typeof__(&rl_line_buffer) buffer;
} edit;

static char prompt_text[64];
static char program_name[64];
static void (*line_handler)(char *);
static int is_open;
static int took_line;

static void take_line(char *line) {
    took_line = 1;
    line_handler(line);
}

int cellbridge_edit_open(const char *name, const char *prompt, void (*handler)(char *line)) {
    if (!edit.handle) {
        void *library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
        if (!library) return -1;
#define FIND(member, symbol) if (!(edit.member = (__typeof__(edit.member))dlsym(library, #symbol))) return -1
        FIND(install, rl_callback_handler_install);
        FIND(remove, rl_callback_handler_remove);
        FIND(read, rl_callback_read_char);
        FIND(update, rl_forced_update_display);
        FIND(initialize, rl_initialize);
        FIND(history, using_history);
        FIND(stifle, stifle_history);
        FIND(add, add_history);
        FIND(point, rl_point);
        FIND(end, rl_end);
        FIND(name, rl_readline_name);
        FIND(signals, rl_catch_signals);
        FIND(inhibit, rl_inhibit_completion);
        FIND(buffer, rl_line_buffer);
#undef FIND
        edit.handle = library;
    }
    setlocale(LC_CTYPE, "");
    strncpy(prompt_text, prompt, sizeof prompt_text - 1);
    line_handler = handler;
    strncpy(program_name, name, sizeof program_name - 1);
    *edit.name = program_name;
    // Signals come by a descriptor of the loop.
    *edit.signals = 0;
    *edit.inhibit = 1;
    edit.initialize();
    edit.history();
    edit.stifle(1000);
    edit.install(prompt_text, take_line);
    is_open = 1;
    return 0;
}

void cellbridge_edit_read(void) {
    if (!is_open) return;
    edit.read();
    // libedit has given the terminal back with the line, and begins anew only at the next key.
    if (took_line) edit.install(prompt_text, take_line);
    took_line = 0;
}

void cellbridge_edit_remember(const char *line) {
    if (edit.handle) edit.add(line);
}

void cellbridge_edit_hide(void) {
    if (!is_open) return;
    struct winsize size;
    int columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    int row = ((int)strlen(prompt_text) + *edit.point) / columns;
    fflush(stdout);
    char text[32];
    int length = row > 0 ? snprintf(text, sizeof text, "\r\033[%dA\033[J", row) : snprintf(text, sizeof text, "\r\033[J");
    if (write(STDOUT_FILENO, text, (size_t)length) < 0) return;
}

void cellbridge_edit_show(void) {
    if (!is_open) return;
    edit.update();
    fflush(stdout);
}

void cellbridge_edit_discard(void) {
    if (!is_open) return;
    // An empty line cannot be put in the place of another; one that is begun anew is empty.
    edit.remove();
    edit.install(prompt_text, take_line);
}

void cellbridge_edit_close(void) {
    if (!is_open) return;
    is_open = 0;
    edit.remove();
    fflush(stdout);
}
