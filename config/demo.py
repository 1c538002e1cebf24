"""Who is there on a newcomer's machine? Fictional people and staff, known to the demo data and the sandbox.

Certificates carry area codes that were never given to a place; passwords and secrets are printed by
`make run` and refused in production, where none of this is loaded.
"""

from __future__ import annotations

from typing import NamedTuple

CITY, DISTRICT, PLANT, SHOP = "示例市总工会", "示例区总工会", "示例一厂工会委员会", "示例二厂工会委员会"


class DemoPerson(NamedTuple):
    """An employee who also lives in the sandbox: phone, certificate and card are the same in both."""

    key: str
    name: str
    phone: str
    id_number: str
    bank_card: str
    is_follower: bool


class DemoStaff(NamedTuple):
    """A member of staff with everything needed to sign in."""

    name: str
    phone: str
    roles: tuple[str, ...]
    totp_secret: str
    does: str
    union: str = CITY


class DemoUnion(NamedTuple):
    """One union of the tree, under another."""

    name: str
    level: str
    under: str
    industry: str = ""


PASSWORD = "Huanying-2026-Yanshi"  # noqa: S105 - printed by make run, never in production

UNIONS = (
    DemoUnion(CITY, "city", ""),
    DemoUnion(DISTRICT, "district", CITY),
    DemoUnion(PLANT, "grassroots", DISTRICT, "示例区总工会"),
    DemoUnion("示例产业工会联合会", "industry", CITY),
    DemoUnion(SHOP, "grassroots", "示例产业工会联合会", "示例产业工会联合会"),
)

PEOPLE = (
    DemoPerson("zhang", "张建国", "19900000001", "459999197001020017", "6217000000000000111", True),
    DemoPerson("li", "李秀英", "19900000002", "459999197203040024", "6217000000000000228", True),
    DemoPerson("wang", "王小明", "19900000003", "459999198805060035", "6217000000000000335", False),
    DemoPerson("chen", "陈·测试", "19900000004", "359999199007080040", "6217000000000000442", True),
    DemoPerson("zhao", "赵示例", "19900000005", "359999198109100052", "6217000000000000558", True),
    DemoPerson("sun", "孙样本", "19900000006", "459999199511120068", "6217000000000000665", False),
    DemoPerson("lin", "林演示", "19900000007", "359999197902140071", "6217000000000000772", True),
    DemoPerson("wu", "吴虚构", "19900000008", "459999198606160084", "6217000000000000889", False),
)

# On the roster only: the union filed 亡故慰问金 for this person's family.
REMEMBERED = DemoPerson("feng", "冯样例", "19900000009", "459999196904180033", "6217000000000000996", False)

STAFF = (
    DemoStaff("王初核", "19911110001", ("first_reviewer",), "HUZHUDEMOFIRSTAAAAAAAAAAAAAAAAAA", "初核"),
    DemoStaff("李复核", "19911110002", ("second_reviewer",), "HUZHUDEMOSECONDAAAAAAAAAAAAAAAAA", "复核"),
    DemoStaff(
        "陈制单",
        "19911110003",
        ("finance_maker",),
        "HUZHUDEMOMAKERAAAAAAAAAAAAAAAAAA",
        "财务：生成打款批次、导出银行文件",
    ),
    DemoStaff(
        "赵财审",
        "19911110004",
        ("finance_checker",),
        "HUZHUDEMOCHECKERAAAAAAAAAAAAAAAA",
        "财务：复核、导入回盘",
    ),
    DemoStaff(
        "周管理", "19911110005", ("administrator", "editor"), "HUZHUDEMOADMINAAAAAAAAAAAAAAAAAA", "管理员"
    ),
    DemoStaff("吴审计", "19911110006", ("auditor",), "HUZHUDEMOAUDITORAAAAAAAAAAAAAAAA", "审计"),
    DemoStaff(
        "郑经办", "19911110007", ("operator",), "HUZHUDEMOOPERATORAAAAAAAAAAAAAAA", "基层工会经办人", PLANT
    ),
    DemoStaff("孙主席", "19911110008", ("chair",), "HUZHUDEMOCHAIRAAAAAAAAAAAAAAAAAA", "基层工会主席", PLANT),
    DemoStaff(
        "钱管理", "19911110009", ("administrator",), "HUZHUDEMOADMINTWOAAAAAAAAAAAAAAA", "另一位管理员"
    ),
    DemoStaff(
        "何经办",
        "19911110010",
        ("operator",),
        "HUZHUDEMOSHOPAAAAAAAAAAAAAAAAAAA",
        "经办人，有一份参保等着缴费",
        SHOP,
    ),
)
