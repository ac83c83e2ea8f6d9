"""What Stripe tells of a payment that is agreed to in an app: a code to scan, and its page."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.ids import scramble

# The `next_action` of each kind; kinds that are not here send the payer on by `redirect_to_url`.
ACTIONS = {
    "alipay": "alipay_handle_redirect",
    "cashapp": "cashapp_handle_redirect_or_display_qr_code",
    "pix": "pix_display_qr_code",
    "promptpay": "promptpay_display_qr_code",
    "swish": "swish_handle_redirect_or_display_qr_code",
    "wechat_pay": "wechat_pay_display_qr_code",
}
HOUR = 3600


def action(kind: str, page: str, intent: Json, now: int) -> Json | None:
    """The next action of a kind that has one of its own; `page` stands for the app."""
    name = ACTIONS.get(kind)
    if name is None:
        return None
    images = {"image_url_png": f"{page}/qr.png", "image_url_svg": f"{page}/qr.svg"}
    code = {"data": scramble(f"code:{intent['id']}", 40)}
    shown: Json = {"hosted_instructions_url": page}
    match kind:
        case "alipay":
            back = intent["_return_url"]
            shown = {"native_data": None, "native_url": None, "return_url": back, "url": page}
        case "cashapp":
            shown |= {"mobile_auth_url": page, "qr_code": images | {"expires_at": now + HOUR}}
        case "swish":
            expiring = code | images | {"expires_at": now + HOUR}
            shown |= {"mobile_auth_url": page, "qr_code": expiring}
        case "pix":
            shown |= code | images | {"expires_at": now + 4 * HOUR}
        case "promptpay":
            shown |= code | images
        case "wechat_pay":
            shown |= code | images | {"image_data_url": f"{page}/qr.png"}
    return {"type": name, name: shown}
