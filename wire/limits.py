"""Discord's limits as constants, each with its unit and documentation page; this module imports none of ours.

Pages are below https://discord.com/developers/docs/. Where the OpenAPI file differs, the smaller number stands here.
"""

from typing import Final

# interactions/receiving-and-responding
ANSWER_WITHIN_S: Final = 3  # seconds from Discord's request to our initial response, network included
TOKEN_LIVES_S: Final = 15 * 60  # seconds in which the response can be edited and followed up
SIGNATURE_BYTES: Final = 64  # Ed25519, sent as hex
PUBLIC_KEY_BYTES: Final = 32
SUGGESTIONS_MAX: Final = 25  # choices in one autocomplete response
FOLLOW_UPS_MAX: Final = 5  # per interaction, where only the user installed the app

# resources/message
CONTENT_MAX: Final = 2000  # characters
EMBEDS_MAX: Final = 10  # per message
EMBED_TITLE_MAX: Final = 256  # characters
EMBED_DESCRIPTION_MAX: Final = 4096  # characters
EMBED_FIELDS_MAX: Final = 25  # per embed
EMBED_FIELD_NAME_MAX: Final = 256  # characters
EMBED_FIELD_VALUE_MAX: Final = 1024  # characters
EMBED_FOOTER_MAX: Final = 2048  # characters
EMBED_AUTHOR_MAX: Final = 256  # characters
EMBED_TEXT_MAX: Final = 6000  # characters over all embeds of a message
EMBED_URL_MAX: Final = 2048  # characters
COLOUR_MAX: Final = 0xFFFFFF
ATTACHMENTS_MAX: Final = 10  # per message
ALT_MAX: Final = 1024  # characters of an attachment's description
FILENAME_MAX: Final = 260  # characters
NONCE_MAX: Final = 25  # characters
MENTIONED_MAX: Final = 100  # ids in each list of allowed_mentions

# resources/poll; the OpenAPI file says 300 for an answer
POLL_QUESTION_MAX: Final = 300  # characters
POLL_ANSWER_MAX: Final = 55  # characters
POLL_ANSWERS_MAX: Final = 10
POLL_HOURS_MAX: Final = 768

# reference#uploading-files
FILE_BYTES_MAX: Final = 10 * 1024 * 1024  # per file everywhere; an interaction's attachment_size_limit may allow more
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024  # our own limit for responses; 100 messages with full embeds are 2 MB
REQUEST_BYTES_MAX: Final = 25 * 1024 * 1024  # one whole request

# components/reference
ROWS_MAX: Final = 5  # action rows per message
BUTTONS_MAX: Final = 5  # per row
CUSTOM_ID_MAX: Final = 100  # characters
BUTTON_LABEL_MAX: Final = 80  # characters
BUTTON_URL_MAX: Final = 512  # characters
EMOJI_NAME_MAX: Final = 32  # characters
COMPONENTS_MAX: Final = 40  # in a Components V2 message, nested ones included
LAYOUT_TEXT_MAX: Final = 4000  # characters over all text displays of a Components V2 message
SECTION_TEXTS_MAX: Final = 3
GALLERY_ITEMS_MAX: Final = 10
SELECT_OPTIONS_MAX: Final = 25
SELECT_TEXT_MAX: Final = 100  # characters of an option's label, value, description
SELECT_PLACEHOLDER_MAX: Final = 150  # characters
SELECT_VALUES_MAX: Final = 25  # selected at once
MODAL_TITLE_MAX: Final = 45  # characters
MODAL_PARTS_MAX: Final = 5  # top-level components; the OpenAPI file says 40
LABEL_MAX: Final = 45  # characters of a label in a modal
LABEL_DESCRIPTION_MAX: Final = 100  # characters
TEXT_INPUT_MAX: Final = 4000  # characters
TEXT_PLACEHOLDER_MAX: Final = 100  # characters
TEXT_DISPLAY_MAX: Final = 4000  # characters
UPLOADS_MAX: Final = 10  # files in one upload field
RADIO_OPTIONS_MIN: Final = 2
GROUP_OPTIONS_MAX: Final = 10  # of a radio or checkbox group
FILE_TYPES_MAX: Final = 10  # filters on an upload field or attachment option

# interactions/application-commands
COMMANDS_MAX: Final = 100  # slash commands per scope
MENU_COMMANDS_MAX: Final = 15  # user commands per scope, and as many message commands
COMMAND_NAME_MAX: Final = 32  # characters
COMMAND_DESCRIPTION_MAX: Final = 100  # characters
OPTIONS_MAX: Final = 25  # per level
CHOICES_MAX: Final = 25
CHOICE_NAME_MAX: Final = 100  # characters
CHOICE_VALUE_MAX: Final = 100  # characters
OPTION_TEXT_MAX: Final = 6000  # characters of a string option
OPTION_NUMBER_MAX: Final = 2**53  # positive or negative; integers stay below it
COMMAND_TEXT_MAX: Final = 8000  # characters of all names, descriptions, values; the longest locale of each
COMMAND_CREATES_PER_DAY: Final = 200  # per guild

# reference, topics/rate-limits
AUDIT_REASON_MAX: Final = 512  # characters, before URL encoding
GLOBAL_PER_S: Final = 50  # requests per second and bot; interaction routes do not count
CDN_SIZE_MIN: Final = 16  # pixels, a power of two
CDN_SIZE_MAX: Final = 4096  # pixels, a power of two

# reference#locales
LOCALES: Final = frozenset(
    {
        "ar",
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en-GB",
        "en-US",
        "es-419",
        "es-ES",
        "fi",
        "fr",
        "he",
        "hi",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "ru",
        "sv-SE",
        "th",
        "tr",
        "uk",
        "vi",
        "zh-CN",
        "zh-TW",
    }
)
