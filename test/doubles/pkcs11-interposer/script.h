/*
 * The script, a line each (blank lines, and those that begin with #, say nothing):
 *   generation NAME                   tells one script from the one before: the calls of a rule are counted anew
 *   FUNCTION: ACTION [after] [from call N] [times N]
 *                                     FUNCTION is C_Sign, say, or * for all that need a token. The action is taken
 *                                     before the call is passed on, or after it; at the Nth call and later; so many
 *                                     times at most. Calls are counted over all processes with the same script.
 *   sessions: close-all               short for "*: close-sessions times 1", of calls with a session
 *   sessions: at most N               C_OpenSession answers CKR_SESSION_COUNT beyond so many in this process
 *   token: removed                    no slot has a token, and its sessions are gone, as long as the script says so
 *   mechanisms: without 0xN,0xN       these are not listed, and no call takes them
 *   mechanisms: with 0xN,0xN          these are listed too; to use them is for the module to refuse
 *
 * Actions:
 *   crash                             the process dies of a segmentation fault
 *   hang                              the call does not go on until the script has another generation
 *   delay N                           it goes on N milliseconds later
 *   return CKR_NAME, return 0xN       that is its result; the module is not asked (with "after", it was, in vain)
 *   close-sessions                    all sessions of the process are closed behind its back; the login goes with them
 *   log-out                           the login goes, the sessions stay
 *
 * A line that cannot be read ends the process with a message.
 */
#pragma once
#include "functions.h"

#define MOST 32
#define NAME_BYTES 64
#define WITHOUT_END ((unsigned long)-1)

typedef enum { CRASH, HANG, DELAY, RETURN, CLOSE_SESSIONS, LOG_OUT } Action;

typedef struct {
  char function[NAME_BYTES];
  Action action;
  /* Milliseconds, or the result. */
  unsigned long value;
  int after;
  unsigned long from, times;
  int line;
} Rule;

typedef struct {
  CK_MECHANISM_TYPE types[MOST];
  int count;
} Mechanisms;

typedef struct {
  char generation[NAME_BYTES];
  Rule rules[MOST];
  int rule_count;
  unsigned long most_sessions;
  int token_removed;
  Mechanisms without, with;
} Script;

/* Ends the process with a message. */
_Noreturn void die(const char *what, const char *which);

/* Reads the script as it is now. */
void read_script(const char *path, Script *script);

/* Counts this call among those that the rule meets, and says whether the rule is for it. */
int is_due(const char *path, const Script *script, const Rule *rule);

int contains(const Mechanisms *mechanisms, CK_MECHANISM_TYPE type);

/* The name of a result as PKCS#11 has it, or NULL. */
const char *name_of_result(CK_RV result);
