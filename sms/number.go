package sms

import (
	"errors"
	"fmt"

	"github.com/nyaruka/phonenumbers"

	"github.com/acotel/acotel-sbc/personal"
)

// ErrNotMobile says that a number is not that of a French mobile: it gets no SMS (C9).
var ErrNotMobile = errors.New("sms: not a French mobile number")

// regions are the French numbering plans that have mobiles, the mainland's first; code is their country code.
func regions() map[int]string {
	return map[int]string{33: "FR", 262: "RE", 590: "GP", 594: "GF", 596: "MQ", 508: "PM"}
}

// mobile gives the E.164 form of a French mobile's number, and its masked national form.
func mobile(number personal.Phone) (e164 personal.Phone, masked string, err error) {
	n, err := phonenumbers.Parse(number.Reveal(), "FR")
	if err == nil && !phonenumbers.IsValidNumber(n) && n.GetCountryCode() == 33 {
		n = overseas(n) // 0692… is Réunion's, though nothing in its form says so
	}
	if err != nil || !isMobile(n) {
		return e164, "", fmt.Errorf("%w: %s", ErrNotMobile, number)
	}
	e164 = personal.NewPhone(phonenumbers.Format(n, phonenumbers.E164))
	return e164, e164.String(), nil
}

// overseas finds the plan that has a number written in national form; n itself when none has.
func overseas(n *phonenumbers.PhoneNumber) *phonenumbers.PhoneNumber {
	national := "0" + phonenumbers.GetNationalSignificantNumber(n)
	for _, region := range regions() {
		if m, err := phonenumbers.Parse(national, region); err == nil && phonenumbers.GetNumberType(m) == phonenumbers.MOBILE {
			return m
		}
	}
	return n
}

func isMobile(n *phonenumbers.PhoneNumber) bool {
	if regions()[int(n.GetCountryCode())] == "" {
		return false
	}
	if phonenumbers.GetNumberType(n) == phonenumbers.MOBILE {
		return true
	}
	// Numbers that the metadata lacks, such as those reserved for fiction (06 39 98): the national plan gives 6 and 73 to
	// 79 to mobiles; 70 is for machines.
	national := phonenumbers.GetNationalSignificantNumber(n)
	return n.GetCountryCode() == 33 && len(national) == 9 && !phonenumbers.IsValidNumber(n) &&
		(national[0] == '6' || national[0] == '7' && national[1] >= '3')
}
