// Package provider hands SMS to those who send them: OVHcloud, Brevo, and any service that takes a message by one HTTP request, described
// by templates in the configuration (Kannel among them).
//
// All of them keep the outbox's promise that a message goes out once. A request that was refused, or that never left, is tried again.
// When an answer was lost, OVHcloud and Brevo are asked whether they know the message by its key; a service that can't be asked gets the
// message again only where the configuration says so (on_doubt).
//
// Errors wrap sms.ErrPermanent when trying again can't help, and sms.ErrDoubt when it isn't known whether the message was taken. Neither
// numbers nor texts nor secrets stand in them.
package provider
