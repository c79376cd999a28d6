#define _GNU_SOURCE
#include "script.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *name;
  CK_RV value;
} results[] = {
#define VALUE(name) {#name, name},
    RESULTS(VALUE)
#undef VALUE
};

void die(const char *what, const char *which) {
  fprintf(stderr, "pkcs11-interposer: %s: %s\n", what, which);
  _exit(99);
}

const char *name_of_result(CK_RV result) {
  for (size_t i = 0; i < sizeof results / sizeof *results; i++)
    if (results[i].value == result) return results[i].name;
  return NULL;
}

static int result_of(const char *text, unsigned long *value) {
  for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
    if (strcmp(results[i].name, text) == 0) {
      *value = results[i].value;
      return 1;
    }
  }
  char *end;
  *value = strtoul(text, &end, 16);
  return strncmp(text, "0x", 2) == 0 && *end == '\0';
}

/* Takes a word off the text if it is there. */
static int takes(char **text, const char *words) {
  size_t length = strlen(words);
  if (strncmp(*text, words, length) != 0) return 0;
  *text += length;
  return 1;
}

static int takes_number(char **text, const char *words, unsigned long *number) {
  return takes(text, words) && (*number = strtoul(*text, text, 10)) > 0;
}

static int read_action(char **text, Rule *rule) {
  char name[NAME_BYTES];
  int length;
  if (takes(text, "crash")) return rule->action = CRASH, 1;
  if (takes(text, "hang")) return rule->action = HANG, 1;
  if (takes(text, "close-sessions")) return rule->action = CLOSE_SESSIONS, 1;
  if (takes(text, "log-out")) return rule->action = LOG_OUT, 1;
  if (takes_number(text, "delay ", &rule->value)) return rule->action = DELAY, 1;
  if (sscanf(*text, "return %63s%n", name, &length) != 1) return 0;
  rule->action = RETURN;
  *text += length;
  return result_of(name, &rule->value);
}

static int read_rule(char *text, Script *script, int line) {
  int length = 0;
  Rule rule = {.from = 1, .times = WITHOUT_END, .line = line};
  if (script->rule_count == MOST || sscanf(text, "%63[C_A-Za-z*]: %n", rule.function, &length) != 1) return 0;
  if (length == 0) return 0;
  text += length;
  if (!read_action(&text, &rule)) return 0;
  rule.after = takes(&text, " after");
  if (strncmp(text, " from", 5) == 0 && !takes_number(&text, " from call ", &rule.from)) return 0;
  if (strncmp(text, " times", 6) == 0 && !takes_number(&text, " times ", &rule.times)) return 0;
  script->rules[script->rule_count++] = rule;
  return *text == '\0';
}

static int read_mechanisms(char *text, Mechanisms *mechanisms) {
  mechanisms->count = 0;
  do {
    if (mechanisms->count == MOST || strncmp(text, "0x", 2) != 0) return 0;
    mechanisms->types[mechanisms->count++] = strtoul(text, &text, 16);
  } while (takes(&text, ","));
  return *text == '\0';
}

static int read_line(char *text, Script *script, int line) {
  if (*text == '\0' || *text == '#') return 1;
  if (sscanf(text, "generation %63s", script->generation) == 1) return 1;
  if (strcmp(text, "token: removed") == 0) return script->token_removed = 1;
  if (strcmp(text, "sessions: close-all") == 0) {
    char rule[] = "C_: close-sessions times 1";
    return read_rule(rule, script, line);
  }
  if (takes(&text, "mechanisms: without ")) return read_mechanisms(text, &script->without);
  if (takes(&text, "mechanisms: with ")) return read_mechanisms(text, &script->with);
  if (strncmp(text, "sessions: at", 12) == 0)
    return takes_number(&text, "sessions: at most ", &script->most_sessions) && *text == '\0';
  return read_rule(text, script, line);
}

void read_script(const char *path, Script *script) {
  char text[512];
  memset(script, 0, sizeof *script);
  script->most_sessions = WITHOUT_END;
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  for (int line = 1; fgets(text, sizeof text, file) != NULL; line++) {
    text[strcspn(text, "\n")] = '\0';
    if (!read_line(text, script, line)) die("cannot read this line of the script", text);
  }
  fclose(file);
}

int contains(const Mechanisms *mechanisms, CK_MECHANISM_TYPE type) {
  for (int i = 0; i < mechanisms->count; i++)
    if (mechanisms->types[i] == type) return 1;
  return 0;
}

/*
 * The number of this call among those that the rule meets, from 1. Each takes a ticket: a byte added to a file of the
 * generation and the rule, which the processes that come after a crash go on with.
 */
static unsigned long ticket(const char *script_path, const Script *script, const Rule *rule) {
  char path[4096];
  snprintf(path, sizeof path, "%s.%s.%d", script_path, script->generation, rule->line);
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0 || write(file, "+", 1) != 1) die("cannot write", path);
  off_t length = lseek(file, 0, SEEK_CUR);
  close(file);
  return (unsigned long)length;
}

int is_due(const char *path, const Script *script, const Rule *rule) {
  if (rule->from == 1 && rule->times == WITHOUT_END) return 1;
  unsigned long number = ticket(path, script, rule);
  return number >= rule->from && number - rule->from < rule->times;
}
