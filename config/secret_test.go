package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestSecretComesFromItsPlace(t *testing.T) {
	t.Setenv("ACOTEL_TEST_KEY", "from the environment")
	tight, loose := filepath.Join(t.TempDir(), "tight"), filepath.Join(t.TempDir(), "loose")
	if err := os.WriteFile(tight, []byte("from a file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(loose, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		secret Secret
		want   string
		wrong  string // part of the error
	}{
		{"env:ACOTEL_TEST_KEY", "from the environment", ""},
		{"env:ACOTEL_TEST_NONE", "", "ACOTEL_TEST_NONE is not set"},
		{Secret("file:" + tight), "from a file", ""},
		{Secret("file:" + loose), "", "chmod 600"},
		{"file:/nowhere/at/all", "", "can't be read"},
		{"plain", "plain", ""},
		{"", "", ""},
	} {
		got, err := c.secret.Reveal()
		if got != c.want || (err == nil) != (c.wrong == "") || (err != nil && !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %q, %v; want %q, %q", c.secret, got, err, c.want, c.wrong)
		}
	}
}

func TestSecretNeverShowsItself(t *testing.T) {
	v := struct{ Key Secret }{"swordfish"}
	printed, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %s %v %q", v, v.Key, v.Key, v.Key), v.Key.LogValue().String(), string(printed)} {
		if strings.Contains(text, "swordfish") {
			t.Errorf("the secret shows in %q", text)
		}
	}
}

// A secret stands in the configuration by reference alone; a variable of the environment that is a setting may hold it, and so may an
// address of a database without a password.
func TestSecretsInTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"in a setting's variable":   {Options{Environ: []string{"ACOTEL_SMS_BREVO_API_KEY=swordfish"}}, ""},
		"on the command line":       {Options{Set: []string{"sms.brevo.api_key=swordfish"}}, "--set: sms.brevo.api_key: holds the secret itself"},
		"a reference":               {Options{Set: []string{"sms.brevo.api_key=env:BREVO"}}, ""},
		"a database":                {Options{Set: []string{"data.database=postgres://u@h/d"}}, ""},
		"a database's in a setting": {Options{Environ: []string{"ACOTEL_DATA_DATABASE=postgres://u:swordfish@h/d"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Default(), c.o)
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "swordfish")) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
