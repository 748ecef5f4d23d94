package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"strings"
)

// Secret is a password or key as the configuration names it: "env:NAME" for an environment variable, "file:PATH" for a file that nobody
// but its owner can read. The secret itself is taken from a variable ACOTEL_… alone: a file is copied about, a command line is seen by
// all. It never shows itself: printing and logging give the reference, or dots.
type Secret string

const (
	envSecret  = "env:"
	fileSecret = "file:"
	maxSecret  = 64 << 10 // bytes of a file
)

// Reveal gives the secret itself. Trailing line breaks of a file are not part of it.
func (s Secret) Reveal() (string, error) {
	if name, ok := strings.CutPrefix(string(s), envSecret); ok {
		v, set := os.LookupEnv(name)
		if !set {
			return "", fmt.Errorf("config: the environment variable %s is not set", name)
		}
		return v, nil
	}
	path, ok := strings.CutPrefix(string(s), fileSecret)
	if !ok {
		return string(s), nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("config: the file of a secret can't be read: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("config: %s holds a secret and others may read it: chmod 600 %s", path, path)
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("config: %s is too big for a secret", path)
	}
	v, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("config: the file of a secret can't be read: %w", err)
	}
	return strings.TrimRight(string(v), "\r\n"), nil
}

// Literal tells whether the secret itself stands in the configuration.
func (s Secret) Literal() bool {
	return s != "" && !strings.HasPrefix(string(s), envSecret) && !strings.HasPrefix(string(s), fileSecret)
}

// String shows where the secret is, never what it is.
func (s Secret) String() string {
	if s.Literal() {
		return "••••"
	}
	return string(s)
}

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalYAML is String, so that a printed configuration shows no secret.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// secrets refuses secrets that stand where others can read them, and references to variables that would be settings.
func (l *loader) secrets() {
	l.cfg.Secrets(func(key string, s Secret) {
		if name, ok := strings.CutPrefix(string(s), envSecret); ok && strings.HasPrefix(name, EnvPrefix) {
			l.bad(key, "%q: variables that begin with %s are settings; choose another name", s, EnvPrefix)
		}
		if !s.Literal() || strings.HasPrefix(l.setBy(key), environment) {
			return
		}
		if u, err := url.Parse(string(s)); key == "data.database" && err == nil {
			if _, secret := u.User.Password(); !secret && !u.Query().Has("password") {
				return
			}
		}
		l.bad(key, "holds the secret itself: put it into an environment variable (env:NAME) or a file that its owner alone can read (file:PATH)")
	})
}

// Secrets gives every secret that is set, with its key.
func (c Config) Secrets(f func(key string, s Secret)) {
	eachSecret("", reflect.ValueOf(c), func(key string, s Secret) {
		if s != "" {
			f(key, s)
		}
	})
}

func eachSecret(key string, v reflect.Value, f func(key string, s Secret)) {
	if s, ok := v.Interface().(Secret); ok {
		f(key, s)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for field, value := range v.Fields() {
			eachSecret(join(key, field.Tag.Get("yaml")), value, f)
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			eachSecret(join(key, i.Key().String()), i.Value(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachSecret(fmt.Sprintf("%s[%d]", key, i), v.Index(i), f)
		}
	}
}
