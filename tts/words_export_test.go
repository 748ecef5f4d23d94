package tts

// Words is the normaliser alone, for tests that bring texts of packages that stand above this one.
func Words() (func(string) string, error) {
	n, err := newNormaliser(frenchWords)
	if err != nil {
		return nil, err
	}
	return n.Normalise, nil
}
