"""Regions that were divided or merged: what they are today. Addresses are older than the data.

Written by hand, as `homenames`, in the same form. What a region that is still there has lost stands beside it.
"""

from __future__ import annotations

FORMER = {
    # The reform of July 2025 left 34 provinces of 63. Those that had the name of a city stay that city's.
    "VN": """
        vinh phuc=Phu Tho; ha nam=Ninh Binh; quang binh=Quang Tri; quang nam=Da Nang City; binh dinh=Gia Lai
        ninh thuan=Khanh Hoa; dak nong=Lam Dong; binh thuan=Lam Dong; phu yen=Dak Lak; binh phuoc=Dong Nai
        long an=Tay Ninh; tien giang=Dong Thap; kien giang=An Giang; hau giang=Can Tho City
        binh duong=Ho Chi Minh City (HCMC); ba ria vung tau=Ho Chi Minh City (HCMC)
    """,
    "CL": "biobio=Ñuble; los lagos=Los Ríos Region; tarapaca=Arica y Parinacota Region",
    "GH": "brong ahafo=Ahafo/Bono/Bono East; volta=Oti",
    "GR": "macedonia=Central Macedonia/East Macedonia and Thrace/West Macedonia",
    "ID": """
        papua=South Papua/Central Papua/Highland Papua; irian jaya=Papua/West Papua/South Papua/Central Papua
        papua barat=West Papua/Southwest Papua; west papua=Southwest Papua; east kalimantan=North Kalimantan
        kalimantan timur=East Kalimantan/North Kalimantan
    """,
    "IN": """
        andhra pradesh=Telangana; jammu and kashmir=Ladakh; jammu kashmir=Jammu and Kashmir/Ladakh
        daman and diu=Dadra and Nagar Haveli and Daman and Diu
    """,
    "KZ": "almaty region=Zhetysu Region; east kazakhstan=Abai Region; south kazakhstan=Turkistan/Shymkent",
    "MA": "meknes tafilalet=Fes-Meknes/Drâa-Tafilalet",
}
