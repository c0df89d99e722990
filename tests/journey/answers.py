"""What the applicants of the journeys answer: the field that is asked → what they say."""

ANSWERS = {
    "consent": "yes",
    "full_name": "Amina Bello",
    "email": "amina.bello@example.com",
    "phone": "+234 803 000 0045",
    "country_of_citizenship": "Nigeria",
    "medical_school": "University of Lagos",
    "school_country": "Nigeria",
    "training_stage": "graduate",
    "graduation_year": "2019",
    "usmle_step1": "passed",
    "usmle_step2ck": "not taken",
    "ecfmg_status": "in progress",
    "program_interest": "clinical rotation",
    "specialties": "internal medicine",
    "preferred_start": "June 2027",
    "duration_weeks": "8",
    "preferred_location": "Houston",
    "visa_help": "yes",
    "review": "yes, send it",
}
