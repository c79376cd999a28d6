/*
 * A PKCS#11 module (version 2.40) that stands before another one, passes every call to it, and misbehaves as told: what
 * vendors' libraries and their tokens do on bad days, at will.
 *
 * Variables, read by C_Initialize:
 *   INTERPOSED_MODULE   path of the module that does the work
 *   INTERPOSER_SCRIPT   path of the script, read again at every call; a file that is not there says nothing
 *   INTERPOSER_LOG      path of the log, to which every call adds two lines, "PID FUNCTION called" and "PID FUNCTION
 *                       RESULT"; each is written at once, so that a crash loses none
 *
 * script.h says what a script can say.
 */
#define _GNU_SOURCE
#include "script.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 64

/* One call under way. */
typedef struct {
  const char *function;
  Subject subject;
  Script script;
  /* The result is there already, and the module is not asked. */
  int answered;
  CK_RV result;
} Call;

/* The module, and the module as the script has it. */
static CK_FUNCTION_LIST_PTR module;
static CK_FUNCTION_LIST altered;
static char *script_path;
static int log_file = -1;
static atomic_long sessions;
/* Held for reading while the module works, for writing while sessions are closed under its callers. */
static pthread_rwlock_t at_work = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void note(const char *function, const char *what) {
  char line[2 * NAME_BYTES + 32];
  int length = snprintf(line, sizeof line, "%d %s %s\n", (int)getpid(), function, what);
  if (write(log_file, line, (size_t)length) != length) die("cannot write the log", function);
}

static void note_result(const char *function, CK_RV result) {
  char number[32];
  snprintf(number, sizeof number, "0x%lx", result);
  const char *name = name_of_result(result);
  note(function, name == NULL ? number : name);
}

static void sleep_milliseconds(unsigned long milliseconds) {
  struct timespec time = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
  nanosleep(&time, NULL);
}

static void with_each_token(void (*work)(CK_SLOT_ID slot)) {
  CK_SLOT_ID slots[SLOTS];
  CK_ULONG count = SLOTS;
  pthread_rwlock_wrlock(&at_work);
  if (module->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK)
    for (CK_ULONG i = 0; i < count; i++) work(slots[i]);
  pthread_rwlock_unlock(&at_work);
}

static void close_sessions_of(CK_SLOT_ID slot) { module->C_CloseAllSessions(slot); }

static void log_out_of(CK_SLOT_ID slot) {
  CK_SESSION_HANDLE session;
  if (module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK) return;
  module->C_Logout(session);
  module->C_CloseSession(session);
}

static void close_sessions(void) {
  with_each_token(close_sessions_of);
  atomic_store(&sessions, 0);
  note("sessions", "closed");
}

static void hang(const Script *script) {
  Script now;
  do {
    sleep_milliseconds(10);
    read_script(script_path, &now);
  } while (strcmp(now.generation, script->generation) == 0);
}

static void crash(void) {
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  signal(SIGSEGV, SIG_DFL);
  raise(SIGSEGV);
}

static int meets(const Rule *rule, const Call *call) {
  if (strcmp(rule->function, "*") == 0) return call->subject != LIBRARY;
  if (strcmp(rule->function, "C_") == 0) return call->subject == SESSION;
  return strcmp(rule->function, call->function) == 0;
}

static void act(const Rule *rule, Call *call) {
  switch (rule->action) {
    case CRASH: crash(); break;
    case HANG: hang(&call->script); break;
    case DELAY: sleep_milliseconds(rule->value); break;
    case CLOSE_SESSIONS: close_sessions(); break;
    case LOG_OUT: with_each_token(log_out_of); break;
    case RETURN:
      call->answered = 1;
      call->result = rule->value;
      break;
  }
}

static void follow(Call *call, int after) {
  for (int i = 0; i < call->script.rule_count; i++) {
    const Rule *rule = &call->script.rules[i];
    if (rule->after == after && meets(rule, call) && is_due(script_path, &call->script, rule)) act(rule, call);
  }
}

static void answer(Call *call, CK_RV result) {
  call->answered = 1;
  call->result = result;
}

/* What the script has done before the module is asked. */
static void begin(Call *call, const CK_MECHANISM *mechanism) {
  note(call->function, "called");
  read_script(script_path, &call->script);
  follow(call, 0);
  if (call->answered || call->subject == LIBRARY) return;
  if (call->script.token_removed) {
    if (atomic_load(&sessions) > 0) close_sessions();
    answer(call, call->subject == SLOT ? CKR_TOKEN_NOT_PRESENT : CKR_DEVICE_REMOVED);
  }
  if (mechanism != NULL && contains(&call->script.without, mechanism->mechanism)) answer(call, CKR_MECHANISM_INVALID);
}

static CK_RV end(Call *call) {
  follow(call, 1);
  note_result(call->function, call->result);
  return call->result;
}

static CK_RV altered_C_GetSlotList(CK_BBOOL token_present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  Script script;
  read_script(script_path, &script);
  if (!script.token_removed || !token_present) return module->C_GetSlotList(token_present, slots, count);
  *count = 0;
  return CKR_OK;
}

static CK_RV altered_C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info) {
  Script script;
  read_script(script_path, &script);
  CK_RV result = module->C_GetSlotInfo(slot, info);
  if (result == CKR_OK && script.token_removed) info->flags &= ~(CK_FLAGS)CKF_TOKEN_PRESENT;
  return result;
}

static CK_RV altered_C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  Script script;
  CK_MECHANISM_TYPE own[512];
  CK_ULONG own_count = sizeof own / sizeof *own - MOST, kept = 0;
  read_script(script_path, &script);
  CK_RV result = module->C_GetMechanismList(slot, own, &own_count);
  if (result != CKR_OK) return result;
  for (CK_ULONG i = 0; i < own_count; i++)
    if (!contains(&script.without, own[i]) && !contains(&script.with, own[i])) own[kept++] = own[i];
  for (int i = 0; i < script.with.count; i++) own[kept++] = script.with.types[i];
  CK_ULONG room = *count;
  *count = kept;
  if (list == NULL) return CKR_OK;
  if (room < kept) return CKR_BUFFER_TOO_SMALL;
  memcpy(list, own, kept * sizeof *own);
  return CKR_OK;
}

static CK_RV altered_C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info) {
  Script script;
  read_script(script_path, &script);
  if (contains(&script.without, type)) return CKR_MECHANISM_INVALID;
  CK_RV result = module->C_GetMechanismInfo(slot, type, info);
  if (result != CKR_MECHANISM_INVALID || !contains(&script.with, type)) return result;
  /* Of what it only claims to have, a token claims everything. */
  *info = (CK_MECHANISM_INFO){0, 1 << 16, ~(CK_FLAGS)CKF_EXTENSION};
  return CKR_OK;
}

static CK_RV altered_C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
                                   CK_SESSION_HANDLE_PTR session) {
  Script script;
  read_script(script_path, &script);
  CK_RV result = CKR_SESSION_COUNT;
  if ((unsigned long)atomic_fetch_add(&sessions, 1) < script.most_sessions)
    result = module->C_OpenSession(slot, flags, application, notify, session);
  if (result != CKR_OK) atomic_fetch_sub(&sessions, 1);
  return result;
}

static CK_RV altered_C_CloseSession(CK_SESSION_HANDLE session) {
  CK_RV result = module->C_CloseSession(session);
  if (result == CKR_OK) atomic_fetch_sub(&sessions, 1);
  return result;
}

static CK_RV altered_C_CloseAllSessions(CK_SLOT_ID slot) {
  CK_RV result = module->C_CloseAllSessions(slot);
  if (result == CKR_OK) atomic_store(&sessions, 0);
  return result;
}

static CK_RV altered_C_Finalize(CK_VOID_PTR reserved) {
  CK_RV result = module->C_Finalize(reserved);
  if (result == CKR_OK) atomic_store(&sessions, 0);
  return result;
}

static char *required(const char *variable) {
  char *value = getenv(variable);
  if (value == NULL) die("this variable is not set", variable);
  return value;
}

/* Each C_Initialize reads the variables anew: a process may work on one token after another. */
static void load(void) {
  CK_C_GetFunctionList get_function_list;
  void *library = dlopen(required("INTERPOSED_MODULE"), RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) die("cannot load the module", dlerror());
  *(void **)&get_function_list = dlsym(library, "C_GetFunctionList");
  if (get_function_list == NULL || get_function_list(&module) != CKR_OK) die("this is no module", dlerror());
  free(script_path);
  script_path = strdup(required("INTERPOSER_SCRIPT"));
  if (log_file >= 0) close(log_file);
  log_file = open(required("INTERPOSER_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_file < 0) die("cannot open the log", getenv("INTERPOSER_LOG"));
  altered = *module;
  altered.C_GetSlotList = altered_C_GetSlotList;
  altered.C_GetSlotInfo = altered_C_GetSlotInfo;
  altered.C_GetMechanismList = altered_C_GetMechanismList;
  altered.C_GetMechanismInfo = altered_C_GetMechanismInfo;
  altered.C_OpenSession = altered_C_OpenSession;
  altered.C_CloseSession = altered_C_CloseSession;
  altered.C_CloseAllSessions = altered_C_CloseAllSessions;
  altered.C_Finalize = altered_C_Finalize;
}

/* Whether the library is loaded, as it must be but for C_Initialize. */
static int is_loaded(const char *function) {
  if (strcmp(function, "C_Initialize") == 0) load();
  return module != NULL;
}

#define PARAMETERS_1(A) A a
#define PARAMETERS_2(A, B) A a, B b
#define PARAMETERS_3(A, B, C) A a, B b, C c
#define PARAMETERS_4(A, B, C, D) A a, B b, C c, D d
#define PARAMETERS_5(A, B, C, D, E) A a, B b, C c, D d, E e
#define PARAMETERS_6(A, B, C, D, E, F) A a, B b, C c, D d, E e, F f
#define PARAMETERS_8(A, B, C, D, E, F, G, H) A a, B b, C c, D d, E e, F f, G g, H h
#define ARGUMENTS_1 a
#define ARGUMENTS_2 a, b
#define ARGUMENTS_3 a, b, c
#define ARGUMENTS_4 a, b, c, d
#define ARGUMENTS_5 a, b, c, d, e
#define ARGUMENTS_6 a, b, c, d, e, f
#define ARGUMENTS_8 a, b, c, d, e, f, g, h

#define DEFINE(number, its_subject, name, mechanism, ...)                 \
  static CK_RV interposed_##name(PARAMETERS_##number(__VA_ARGS__)) {      \
    Call call = {.function = #name, .subject = its_subject};              \
    if (!is_loaded(#name)) return CKR_CRYPTOKI_NOT_INITIALIZED;           \
    begin(&call, mechanism);                                              \
    if (!call.answered) {                                                 \
      pthread_rwlock_rdlock(&at_work);                                    \
      call.result = altered.name(ARGUMENTS_##number);                     \
      pthread_rwlock_unlock(&at_work);                                    \
    }                                                                     \
    return end(&call);                                                    \
  }
#define CALL(number, subject, name, ...) DEFINE(number, subject, name, NULL, __VA_ARGS__)
#define USES(number, subject, name, ...) DEFINE(number, subject, name, b, __VA_ARGS__)
FUNCTIONS(CALL, USES)
#undef CALL
#undef USES

#define ENTRY(number, subject, name, ...) .name = interposed_##name,
static CK_FUNCTION_LIST functions = {
    .version = {2, 40}, .C_GetFunctionList = C_GetFunctionList, FUNCTIONS(ENTRY, ENTRY)};

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  if (list == NULL) return CKR_ARGUMENTS_BAD;
  *list = &functions;
  return CKR_OK;
}
