// Package openai is the part of OpenAI's HTTP interface that carries speech,
// which many servers of other makers offer as well: its messages, its errors,
// and a client that asks again where that helps.
//
//	POST /v1/audio/transcriptions   multipart: file, model, language, prompt, response_format
//	POST /v1/audio/speech           JSON: model, voice, input, response_format, speed
//	GET  /v1/models
//
// Package speech serves it, asr/openai and tts/openai ask it.
//
// Source: https://platform.openai.com/docs/api-reference/audio
package openai
