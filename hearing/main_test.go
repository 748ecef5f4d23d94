package hearing

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

// tctx is the context of what the tests share.
var tctx = context.Background()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
