/* `lockstep doctor`: what this machine allows, found by trying it, and for each lack what to do. What only makes lockstep
 * poorer is no reason for a status other than 0. */
#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/language.h"
#include "app/paths.h"
#include "app/say.h"
#include "base/escape.h"
#include "base/text.h"
#include "conductor/contain.h"
#include "scene/scene_list.h"

enum finding { FINDING_good, FINDING_poorer, FINDING_missing };

struct doctor {
    bool lacks; /* something without which there is no run */
};

/* A line: mark, what, how it is. */
static void tell(struct doctor *doctor, enum finding finding, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void tell(struct doctor *doctor, enum finding finding, const char *what, const char *format, ...)
{
    char text[1200], clean[ESCAPE_BOUND(sizeof text)];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    escape_text(ESCAPE_LABEL, text, strlen(text), clean, sizeof clean);
    const char *mark = finding == FINDING_good ? _("ok     ") : finding == FINDING_poorer ? _("partly ") : _("missing");
    size_t columns = escape_columns(what, strlen(what));
    printf("%s  %s%*s%s\n", mark, what, columns < 18 ? (int)(18 - columns) : 1, "", clean);
    doctor->lacks |= finding == FINDING_missing;
}

/* Under the line: what to do. */
static void advise(const char *text)
{
    printf("         %s\n", text);
}

static bool file_says(const char *path, char expected)
{
    FILE *file = fopen(path, "re");
    int first = file ? getc(file) : EOF;
    if (file)
        fclose(file);
    return first == expected;
}

/* Whether packets can be held. */
static void wire(struct doctor *doctor, const struct contain_probe *probe)
{
    if (probe->wire.kind == NETWORK_tun)
        tell(doctor, FINDING_good, _("wire"), "%s", _("packets can be held (a TUN device)"));
    else if (probe->wire.kind == NETWORK_veth)
        tell(doctor, FINDING_good, _("wire"), "%s", _("packets can be held (a veth pair with packet sockets)"));
    else
        tell(doctor, FINDING_poorer, _("wire"), _("packets cannot be seen or held: %s"),
             probe->wire.error ? strerror(probe->wire.error)
             : probe->network  ? strerror(probe->network)
                               : probe->text);
    if (probe->wire.kind != NETWORK_none)
        advise(
            _("for 127.0.0.0/8, 10.0.0.1 and 10.0.0.2; not for IPv6: a program that insists on ::1 needs --wire off"));
    else if (!probe->wire.error)
        advise(_("the calls of sockets and their states are shown all the same; what would allow more, see above"));
    if (probe->wire.kind == NETWORK_none && probe->wire.error)
        advise(_("the kernel needs veth and packet sockets, or a /dev/net/tun that may be opened, and policy routing "
                 "(CONFIG_IP_MULTIPLE_TABLES)"));
}

static void containment(struct doctor *doctor)
{
    struct contain_probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return;
    contain_probe(probe);
    bool works = probe->kill_proven;
    tell(doctor,
         !works                         ? FINDING_missing
         : probe->level == CONTAIN_FULL ? FINDING_good
                                        : FINDING_poorer,
         _("containment"), "%s", probe->text);
    if (probe->user || probe->process || probe->mount) {
        if (file_says("/proc/sys/kernel/unprivileged_userns_clone", '0'))
            advise(_("allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1"));
        else if (file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
            advise(_("allow user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"));
        else if (file_says("/proc/sys/user/max_user_namespaces", '0'))
            advise(_("allow user namespaces: sudo sysctl user.max_user_namespaces=10000"));
        else
            advise(_("in a container, start it with --security-opt seccomp=unconfined (Docker) or --privileged"));
    }
    if (!works && geteuid() == 0)
        advise(_("as root without namespaces nothing is run: take an ordinary user's account, or set "
                 "LOCKSTEP_ALLOW_ROOT_UNCONTAINED=1 if the program is one that you trust"));
    tell(doctor, probe->network ? FINDING_poorer : FINDING_good, _("network"), "%s",
         probe->network ? strerror(probe->network) : _("a guest gets a network of its own"));
    wire(doctor, probe);
    free(probe);
}

static void parts(struct doctor *doctor)
{
    struct paths paths;
    struct message message = {{0}};
    paths_find(&paths);
    if (paths_need_preload(&paths, &message) == STATUS_OK)
        tell(doctor, FINDING_good, _("shim"), "%s", paths.preload);
    else
        tell(doctor, FINDING_missing, _("shim"), "%s", message.text);
    struct scene_roots roots;
    scene_roots_find(&roots, NULL);
    bool ours = false;
    for (size_t i = 0; i < roots.count; i++) {
        tell(doctor, FINDING_good, _("scenes"), "%s", roots.items[i].path);
        ours |= roots.items[i].shipped;
    }
    if (!ours) {
        tell(doctor, FINDING_poorer, _("scenes"), "%s", _("ours are not there: they belong in share/lockstep/scenes"));
        advise(_("build or install lockstep again; `lockstep run` works without"));
    }
}

/* Whether a program of this name (its first word) can be started. */
static bool in_path(const char *command, char *found, size_t size)
{
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(command, " "), command);
    if (strchr(name, '/')) {
        snprintf(found, size, "%s", name);
        return access(name, X_OK) == 0;
    }
    const char *path = getenv("PATH");
    for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
        int length = (int)strcspn(at, ":");
        snprintf(found, size, "%.*s/%s", length, at, name);
        if (access(found, X_OK) == 0)
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static void compiler(struct doctor *doctor)
{
    const char *given = getenv("CC");
    const char *name = given && *given ? given : "cc";
    char found[4096];
    if (in_path(name, found, sizeof found)) {
        tell(doctor, FINDING_good, _("compiler"), "%s", found);
        return;
    }
    tell(doctor, FINDING_missing, _("compiler"), _("there is no %s; scenes and `lockstep cc` need one"), name);
    advise(_("sudo apt install gcc libc6-dev, or set CC"));
}

static void folder(struct doctor *doctor, const char *what, const char *path, const char *advice)
{
    char try[4200];
    snprintf(try, sizeof try, "%s/lockstep-doctor-XXXXXX", path);
    int file = mkstemp(try);
    if (file >= 0) {
        close(file);
        unlink(try);
        tell(doctor, FINDING_good, what, "%s", path);
        return;
    }
    tell(doctor, FINDING_missing, what, _("%s: no file can be made there: %s"), path, strerror(errno));
    advise(advice);
}

static void folders(struct doctor *doctor)
{
    const char *temporary = getenv("TMPDIR");
    folder(doctor, "/dev/shm", "/dev/shm", _("mount it: sudo mount -t tmpfs tmpfs /dev/shm"));
    folder(doctor, "TMPDIR", temporary && *temporary == '/' ? temporary : "/tmp",
           _("set TMPDIR to a folder with room that you may write to"));
}

static void terminal(struct doctor *doctor)
{
    const char *term = getenv("TERM");
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO)) {
        tell(doctor, FINDING_good, _("terminal"), "%s", _("the output is no terminal: plain text, or --json"));
    } else if (!term || !*term || strcmp(term, "dumb") == 0) {
        tell(doctor, FINDING_poorer, _("terminal"), _("TERM is %s: only plain text"),
             term && *term ? term : _("not set"));
        advise(_("export TERM=xterm-256color, or what your terminal calls itself"));
    } else {
        bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        bool small = known && (size.ws_col < 80 || size.ws_row < 24);
        tell(doctor, small ? FINDING_poorer : FINDING_good, _("terminal"), "%s, %ux%u", term, size.ws_col, size.ws_row);
        if (small)
            advise(
                _("80 columns and 24 rows are what scenes are made for; make the window larger or the font smaller"));
    }
}

static void language(struct doctor *doctor)
{
    struct paths paths;
    paths_find(&paths);
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    tell(doctor, utf8 ? FINDING_good : FINDING_poorer, _("locale"), "%s, %s",
         language_is_chinese() ? "中文" : "English", nl_langinfo(CODESET));
    if (!utf8)
        advise(_("export LANG=C.UTF-8, which every Debian has"));
    if (!paths.locale[0]) {
        tell(doctor, FINDING_poorer, _("translations"), "%s", _("not found: messages are in English"));
        advise(_("build or install lockstep again, or set LOCKSTEP_LOCALEDIR"));
    }
}

int doctor_command(const struct options *options)
{
    struct doctor doctor = {0};
    if (options->operand_count > 0) {
        say(_("doctor: takes no names, only options"));
        return EXIT_USAGE;
    }
    containment(&doctor);
    parts(&doctor);
    compiler(&doctor);
    folders(&doctor);
    terminal(&doctor);
    language(&doctor);
    printf("%s\n", doctor.lacks ? _("Something is missing that lockstep cannot do without; see above.")
                                : _("lockstep can run here."));
    return doctor.lacks ? EXIT_ENVIRONMENT : EXIT_FINE;
}
