// Package install keeps Whisper models on disk: it takes a CTranslate2 file of a known sum, has package graph make of it what the engine runs,
// and puts that in the models folder, whole or not at all. A model is a folder whisper/NAME with a model.json that lists its files and their
// sums; whisper/used names the one that serves.
package install
